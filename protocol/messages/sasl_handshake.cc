#include "protocol/messages/sasl_handshake.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<SaslHandshakeRequest>;
template struct Codec<SaslHandshakeResponse>;

}  // namespace ottla::protocol
