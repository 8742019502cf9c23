#include "protocol/messages/end_txn.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<EndTxnRequest>;
template struct Codec<EndTxnResponse>;

}  // namespace ottla::protocol
