// cli/render_request.h — the options of `pliant render`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/coverage_choice.h"

namespace pliant::cli {

/// "shaded", "silhouette", "depth", "normals", "face-ids".
inline std::vector<std::string_view> picture_kinds() {
  return {"shaded", "silhouette", "depth", "normals", "face-ids"};
}

/// What to draw of a mesh, from where, and how softly.
struct RenderRequest {
  std::string mesh;
  std::string out;
  std::string frames;
  std::string kind = "shaded";
  double mesh_size = 1;
  std::int64_t texture_res = 0;
  bool smooth = false;
  std::int64_t size = 256;
  bool anti_aliasing = false;
  std::vector<double> eye;
  double distance = 2.732;
  double elevation = 30;
  double azimuth = 30;
  double viewing_angle = 15;
  tasks::CoverageChoice coverage;
  std::optional<double> tau;
  double tau_from = 0.1;
  std::int64_t turntable = 0;
  std::int64_t animate_tau = 0;
  bool sheet = false;
  bool animation = false;
  int frame_time = 80;

  template <class Option>
  void declare(Option&& option) {
    option("kind", kind, "What pixels show", picture_kinds());
    option("mesh-size", mesh_size, "Longest side that the mesh is scaled to; 0: as it is");
    option("texture-res", texture_res, "Of an OBJ file's textures: R × R texels a face; 0: none");
    option("smooth", smooth, "Light by the normals of vertices instead of faces");
    option("size", size, "Pixels a side");
    option("anti-aliasing", anti_aliasing, "Draw at twice the size and take means");
    option("eye", eye, "x,y,z of the camera, which looks at 0; instead of the three that follow");
    option("distance", distance, "Of the camera from 0");
    option("elevation", elevation, "Of the camera, in degrees");
    option("azimuth", azimuth, "Of the camera, in degrees; 0: before the front");
    option("viewing-angle", viewing_angle, "Half of the field of view in degrees");
    coverage.declare(option);
    option("tau", tau, "Scale of the coverage; default: the distribution's");
    option("turntable", turntable, "This many pictures around the mesh, on one sheet");
    option("animate-tau", animate_tau, "This many pictures from tau-from to tau, on one sheet");
    option("tau-from", tau_from, "tau of the first picture of animate-tau");
    option("sheet", sheet, "Silhouettes by every distribution (rows) and T-norm (columns)");
    option("animation", animation,
           "Write the pictures of turntable or animate-tau as one animated PNG, not on one sheet");
    option("frame-time", frame_time, "Milliseconds that an animation shows each picture");
    option("frames", frames, "Folder that gets every picture of a sheet as a file too");
  }
};

/// Draws it, and says on standard output what was written.
/// @throws std::invalid_argument, c10::ValueError that name the option
void draw(const RenderRequest& request);

}  // namespace pliant::cli
