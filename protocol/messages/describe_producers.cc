#include "protocol/messages/describe_producers.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeProducersRequest>;
template struct Codec<DescribeProducersResponse>;

}  // namespace ottla::protocol
