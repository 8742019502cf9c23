#include "protocol/messages/alter_user_scram_credentials.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AlterUserScramCredentialsRequest>;
template struct Codec<AlterUserScramCredentialsResponse>;

}  // namespace ottla::protocol
