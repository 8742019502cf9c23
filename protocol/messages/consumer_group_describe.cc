#include "protocol/messages/consumer_group_describe.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ConsumerGroupDescribeRequest>;
template struct Codec<ConsumerGroupDescribeResponse>;

}  // namespace ottla::protocol
