#include "protocol/messages/list_config_resources.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ListConfigResourcesRequest>;
template struct Codec<ListConfigResourcesResponse>;

}  // namespace ottla::protocol
