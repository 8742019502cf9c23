#include "protocol/messages/heartbeat.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<HeartbeatRequest>;
template struct Codec<HeartbeatResponse>;

}  // namespace ottla::protocol
