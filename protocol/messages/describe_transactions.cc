#include "protocol/messages/describe_transactions.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DescribeTransactionsRequest>;
template struct Codec<DescribeTransactionsResponse>;

}  // namespace ottla::protocol
