#include "protocol/messages/write_txn_markers.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<WriteTxnMarkersRequest>;
template struct Codec<WriteTxnMarkersResponse>;

}  // namespace ottla::protocol
