#include "protocol/messages/describe_quorum.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeQuorumRequest>;
template struct Codec<DescribeQuorumResponse>;

}  // namespace ottla::protocol
