#include "protocol/messages/list_offsets.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ListOffsetsRequest>;
template struct Codec<ListOffsetsResponse>;

}  // namespace ottla::protocol
