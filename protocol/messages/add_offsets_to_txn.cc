#include "protocol/messages/add_offsets_to_txn.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AddOffsetsToTxnRequest>;
template struct Codec<AddOffsetsToTxnResponse>;

}  // namespace ottla::protocol
