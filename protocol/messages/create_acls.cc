#include "protocol/messages/create_acls.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<CreateAclsRequest>;
template struct Codec<CreateAclsResponse>;

}  // namespace ottla::protocol
