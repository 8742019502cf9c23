#include "broker/security/principal.h"

namespace ottla::broker {

const std::shared_ptr<const Principal>& anonymous() {
  static const auto principal = std::make_shared<const Principal>();
  return principal;
}

}  // namespace ottla::broker
