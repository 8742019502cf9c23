#include "protocol/messages/offset_commit.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<OffsetCommitRequest>;
template struct Codec<OffsetCommitResponse>;

}  // namespace ottla::protocol
