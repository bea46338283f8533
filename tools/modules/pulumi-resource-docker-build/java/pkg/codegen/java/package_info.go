// Package java stands in for Pulumi's generator of Java packages, which is not served as a module.
//
// The provider only describes itself with this one struct; nothing is generated when it runs.
package java

// PackageInfo is what a schema says to the generator of Java packages.
type PackageInfo struct {
	BuildFiles                      string            `json:"buildFiles,omitempty"`
	GradleNexusPublishPluginVersion string            `json:"gradleNexusPublishPluginVersion,omitempty"`
	Dependencies                    map[string]string `json:"dependencies,omitempty"`
}
