#include "protocol/messages/alter_replica_log_dirs.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AlterReplicaLogDirsRequest>;
template struct Codec<AlterReplicaLogDirsResponse>;

}  // namespace ottla::protocol
