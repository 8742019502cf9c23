#include "protocol/messages/alter_partition_reassignments.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AlterPartitionReassignmentsRequest>;
template struct Codec<AlterPartitionReassignmentsResponse>;

}  // namespace ottla::protocol
