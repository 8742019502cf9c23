#pragma once

#include <string>
#include <string_view>

namespace ottla::base {

// Pieces of the text that Prometheus reads (exposition format 0.0.4), appended to `out`.

// What cannot stand in a name becomes an underscore.
void append_prometheus_name(std::string& out, std::string_view name);

// name="value", with what the format wants escaped.
void append_prometheus_label(std::string& out, std::string_view name, std::string_view value);

void append_prometheus_value(std::string& out, double value);

}  // namespace ottla::base
