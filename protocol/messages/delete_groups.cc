#include "protocol/messages/delete_groups.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DeleteGroupsRequest>;
template struct Codec<DeleteGroupsResponse>;

}  // namespace ottla::protocol
