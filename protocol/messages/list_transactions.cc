#include "protocol/messages/list_transactions.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ListTransactionsRequest>;
template struct Codec<ListTransactionsResponse>;

}  // namespace ottla::protocol
