#include "protocol/messages/leave_group.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<LeaveGroupRequest>;
template struct Codec<LeaveGroupResponse>;

}  // namespace ottla::protocol
