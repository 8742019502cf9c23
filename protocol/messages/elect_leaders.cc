#include "protocol/messages/elect_leaders.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ElectLeadersRequest>;
template struct Codec<ElectLeadersResponse>;

}  // namespace ottla::protocol
