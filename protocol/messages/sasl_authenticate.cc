#include "protocol/messages/sasl_authenticate.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<SaslAuthenticateRequest>;
template struct Codec<SaslAuthenticateResponse>;

}  // namespace ottla::protocol
