#include "protocol/messages/alter_client_quotas.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<AlterClientQuotasRequest>;
template struct Codec<AlterClientQuotasResponse>;

}  // namespace ottla::protocol
