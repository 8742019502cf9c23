#include "protocol/messages/delete_topics.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DeleteTopicsRequest>;
template struct Codec<DeleteTopicsResponse>;

}  // namespace ottla::protocol
