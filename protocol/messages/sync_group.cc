#include "protocol/messages/sync_group.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<SyncGroupRequest>;
template struct Codec<SyncGroupResponse>;

}  // namespace ottla::protocol
