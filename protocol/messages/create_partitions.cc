#include "protocol/messages/create_partitions.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<CreatePartitionsRequest>;
template struct Codec<CreatePartitionsResponse>;

}  // namespace ottla::protocol
