#include "protocol/messages/txn_offset_commit.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<TxnOffsetCommitRequest>;
template struct Codec<TxnOffsetCommitResponse>;

}  // namespace ottla::protocol
