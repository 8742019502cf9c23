#include "protocol/messages/create_topics.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<CreateTopicsRequest>;
template struct Codec<CreateTopicsResponse>;

}  // namespace ottla::protocol
