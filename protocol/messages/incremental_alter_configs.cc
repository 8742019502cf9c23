#include "protocol/messages/incremental_alter_configs.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<IncrementalAlterConfigsRequest>;
template struct Codec<IncrementalAlterConfigsResponse>;

}  // namespace ottla::protocol
