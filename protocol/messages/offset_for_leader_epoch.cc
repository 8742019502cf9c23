#include "protocol/messages/offset_for_leader_epoch.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<OffsetForLeaderEpochRequest>;
template struct Codec<OffsetForLeaderEpochResponse>;

}  // namespace ottla::protocol
