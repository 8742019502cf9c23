#include "protocol/messages/produce.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ProduceRequest>;
template struct Codec<ProduceResponse>;

}  // namespace ottla::protocol
