#include "protocol/messages/alter_configs.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AlterConfigsRequest>;
template struct Codec<AlterConfigsResponse>;

}  // namespace ottla::protocol
