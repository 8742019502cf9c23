#include "protocol/messages/find_coordinator.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<FindCoordinatorRequest>;
template struct Codec<FindCoordinatorResponse>;

}  // namespace ottla::protocol
