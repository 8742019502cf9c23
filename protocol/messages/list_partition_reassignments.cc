#include "protocol/messages/list_partition_reassignments.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ListPartitionReassignmentsRequest>;
template struct Codec<ListPartitionReassignmentsResponse>;

}  // namespace ottla::protocol
