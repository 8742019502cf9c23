#include "protocol/messages/describe_acls.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeAclsRequest>;
template struct Codec<DescribeAclsResponse>;

}  // namespace ottla::protocol
