#include "protocol/messages/fetch.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<FetchRequest>;
template struct Codec<FetchResponse>;

}  // namespace ottla::protocol
