#include "protocol/messages/join_group.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<JoinGroupRequest>;
template struct Codec<JoinGroupResponse>;

}  // namespace ottla::protocol
