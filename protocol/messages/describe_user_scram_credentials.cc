#include "protocol/messages/describe_user_scram_credentials.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeUserScramCredentialsRequest>;
template struct Codec<DescribeUserScramCredentialsResponse>;

}  // namespace ottla::protocol
