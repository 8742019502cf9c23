#include "protocol/messages/describe_topic_partitions.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeTopicPartitionsRequest>;
template struct Codec<DescribeTopicPartitionsResponse>;

}  // namespace ottla::protocol
