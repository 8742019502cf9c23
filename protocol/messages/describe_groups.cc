#include "protocol/messages/describe_groups.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeGroupsRequest>;
template struct Codec<DescribeGroupsResponse>;

}  // namespace ottla::protocol
