#include "protocol/messages/unregister_broker.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<UnregisterBrokerRequest>;
template struct Codec<UnregisterBrokerResponse>;

}  // namespace ottla::protocol
