#include "protocol/messages/update_features.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<UpdateFeaturesRequest>;
template struct Codec<UpdateFeaturesResponse>;

}  // namespace ottla::protocol
