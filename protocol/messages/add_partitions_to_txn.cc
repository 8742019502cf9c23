#include "protocol/messages/add_partitions_to_txn.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AddPartitionsToTxnRequest>;
template struct Codec<AddPartitionsToTxnResponse>;

}  // namespace ottla::protocol
