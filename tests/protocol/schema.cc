#include "tests/protocol/schema.h"

#include <fstream>
#include <sstream>

namespace ottla::protocol {
namespace {

constexpr VersionRange kNone{1, 0};

VersionRange parse_versions(const std::string& text) {
  if (text == "none") return kNone;
  VersionRange range;
  std::size_t used = 0;
  range.from = static_cast<std::int16_t>(std::stoi(text, &used));
  if (used == text.size()) {
    range.to = range.from;
  } else if (text[used] == '-') {
    range.to = static_cast<std::int16_t>(std::stoi(text.substr(used + 1)));
  }
  return range;
}

SchemaField parse_field(std::istream& words) {
  SchemaField field;
  std::string versions, nullable, tag, tagged, at_other_versions, default_given;
  words >> field.type >> versions >> nullable >> tag >> tagged >> at_other_versions >>
      default_given >> field.default_value;
  field.versions = parse_versions(versions);
  field.nullable = parse_versions(nullable);
  if (tag != "-") field.tag = std::stoi(tag);
  field.required = at_other_versions == "required";
  field.default_given = default_given == "given";
  return field;
}

}  // namespace

std::string SchemaField::parent() const {
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot + 1);
}

std::string SchemaField::name() const {
  return path.substr(parent().size());
}

SchemaMessage read_schema(const Api& api, Side side) {
  std::ifstream file(std::string(OTTLA_PROTOCOL_TESTS) + "/schema.txt");
  SchemaMessage message;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string row_api, row_side, path;
    words >> row_api >> row_side >> path;
    if (row_api != api.name || row_side != name(side)) continue;
    if (path == "-") {
      std::string keyword, versions, flexible;
      words >> keyword >> versions >> flexible;
      message.versions = parse_versions(versions);
      message.flexible = parse_versions(flexible);
    } else {
      SchemaField field = parse_field(words);
      field.path = path;
      message.fields.push_back(std::move(field));
    }
  }
  return message;
}

}  // namespace ottla::protocol
