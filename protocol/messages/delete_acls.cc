#include "protocol/messages/delete_acls.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<DeleteAclsRequest>;
template struct Codec<DeleteAclsResponse>;

}  // namespace ottla::protocol
