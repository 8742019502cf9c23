#include "protocol/messages/list_groups.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ListGroupsRequest>;
template struct Codec<ListGroupsResponse>;

}  // namespace ottla::protocol
