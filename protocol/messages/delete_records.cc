#include "protocol/messages/delete_records.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DeleteRecordsRequest>;
template struct Codec<DeleteRecordsResponse>;

}  // namespace ottla::protocol
