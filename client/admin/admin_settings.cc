#include "client/admin/admin_settings.h"

#include <chrono>
#include <utility>

#include "client/metadata/client_config.h"
#include "ottla/detail/future_source.h"

namespace ottla::client {

Result<AdminSettings> AdminSettings::from(const AdminConfig& config, std::uint64_t seed) {
  const auto checked =
      at_least("default_api_timeout", config.default_api_timeout, std::chrono::milliseconds(1));
  if (!checked) return checked.error();
  auto network = to_network_config(config, "adminclient", seed);
  if (!network) return std::move(network).error();
  return AdminSettings{.network = std::move(*network),
                       .metadata = to_metadata_config(config),
                       .retry = retry_of(config),
                       .default_timeout = detail::clamp_timeout(config.default_api_timeout)};
}

}  // namespace ottla::client
