#include "tools/table.h"

#include <algorithm>
#include <string>

namespace ottla::tools {
namespace {

namespace json = boost::json;

void print_text(std::ostream& out, const std::vector<Column>& columns,
                const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(column.header.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].text.size());
    }
  }
  const auto print = [&](std::string_view text, std::size_t width) {
    out << text << std::string(width - text.size(), ' ') << '\t';
  };
  for (std::size_t i = 0; i < widths.size(); ++i) print(columns[i].header, widths[i]);
  out << '\n';
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) print(row[i].text, widths[i]);
    out << '\n';
  }
}

}  // namespace

void add_output_flag(CLI::App& app, OutputFormat& format) {
  const auto set = [&format](const std::string& name) {
    format = name == "json" ? OutputFormat::json : OutputFormat::table;
  };
  app.add_option_function<std::string>("--output", set, "as Kafka's script prints it, or as JSON")
      ->check(CLI::IsMember({"table", "json"}));
}

void print_table(std::ostream& out, OutputFormat format, const std::vector<Column>& columns,
                 const std::vector<Row>& rows) {
  if (format == OutputFormat::table) return print_text(out, columns, rows);
  json::array array;
  for (const auto& row : rows) {
    json::object object;
    for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i].key] = row[i].value;
    array.push_back(std::move(object));
  }
  out << json::serialize(array) << '\n';
}

}  // namespace ottla::tools
