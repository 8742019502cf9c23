#include "protocol/messages/init_producer_id.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<InitProducerIdRequest>;
template struct Codec<InitProducerIdResponse>;

}  // namespace ottla::protocol
