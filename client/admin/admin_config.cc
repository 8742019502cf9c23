#include "ottla/admin_config.h"

#include <array>

#include "client/config_properties.h"

namespace ottla {

Result<AdminConfig> AdminConfig::from_properties(const Properties& properties) {
  using client::read_into;
  static constexpr std::array own = std::to_array<client::ConfigProperty<AdminConfig>>(
      {{"default.api.timeout.ms", read_into<&AdminConfig::default_api_timeout>}});
  return client::read_properties<AdminConfig>(properties, own);
}

}  // namespace ottla
