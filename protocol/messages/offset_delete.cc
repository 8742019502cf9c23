#include "protocol/messages/offset_delete.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<OffsetDeleteRequest>;
template struct Codec<OffsetDeleteResponse>;

}  // namespace ottla::protocol
